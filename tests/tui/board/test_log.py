"""The log on screen: followed, coloured by level, as data."""

from tests.tui.board.test_hostile_text import HOSTILE, screen_text

LINE = "2026-01-31 12:00:00 {} maestro_tui.server: {}\n"


async def test_the_log_is_followed_and_filtered(sample, cockpit, until, tmp_path):
    log = tmp_path / "cockpit.log"
    log.write_text("".join(LINE.format("INFO", f"line {number}") for number in range(200)))
    app = cockpit(sample, log=log)
    async with app.run_test(size=(140, 40)) as pilot:
        await pilot.press("L")
        await until(lambda: "line 199" in screen_text(app))
        with log.open("a") as file:
            file.write(LINE.format("WARNING", "disk nearly full"))
        await until(lambda: "disk nearly full" in screen_text(app))
        await pilot.press("w")
        await until(lambda: "line 199" not in screen_text(app))
        assert "disk nearly full" in screen_text(app)
        await pilot.press("escape")
        await until(lambda: app.screen is app.board)


async def test_hostile_lines_are_shown_as_they_stand(sample, cockpit, until, tmp_path):
    log = tmp_path / "cockpit.log"
    log.write_text("\n".join(LINE.format("ERROR", text) for text in HOSTILE.values()))
    app = cockpit(sample, log=log)
    async with app.run_test(size=(140, 60)) as pilot:
        await pilot.press("L")
        await until(lambda: HOSTILE["click"] in screen_text(app))


async def test_where_there_is_none_it_says_so(sample, cockpit, until, tmp_path):
    for log, words in ((None, "nothing yet"), (tmp_path / "none.log", "cannot be read")):
        app = cockpit(sample, log=log)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("L")
            await until(lambda words=words, app=app: words in screen_text(app))
