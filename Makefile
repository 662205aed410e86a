.PHONY: run demo test check bench

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
