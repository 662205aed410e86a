.PHONY: run demo test check bench coverage hunt mutate soak release

run:            ## start the cockpit
	python3 bootstrap.py cockpit

demo:           ## start it with an example project and scripted agents
	python3 bootstrap.py demo

test:           ## run the tests
	python3 bootstrap.py test

check:          ## format, lint, types, import contracts, tests
	python3 bootstrap.py check

bench:          ## run the benchmarks
	python3 bootstrap.py bench

coverage:       ## run the tests, and print the branch coverage of every room
	python3 bootstrap.py coverage

hunt:           ## run the tests 20 times, each time in another order
	python3 bootstrap.py hunt

mutate:         ## change the code that matters most, and see whether a test notices
	python3 bootstrap.py mutate

soak:           ## an hour of ordinary use with faults: does anything grow?
	python3 bootstrap.py soak

release:        ## build, compare, check and try out what is released
	python3 bootstrap.py release
