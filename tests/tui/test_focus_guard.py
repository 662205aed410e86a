"""A focus that moves by itself takes no key that was meant for where it was."""

from maestro_tui.tui.focus_guard import REST_SECONDS, FocusGuard


def test_keys_are_taken_until_the_fingers_rest():
    guard = FocusGuard()
    assert not guard.takes(0.0)
    guard.moved(10.0)
    typed = [10.0 + 0.9 * REST_SECONDS * number for number in range(1, 6)]
    assert all(guard.takes(now) for now in typed)
    assert not guard.takes(typed[-1] + REST_SECONDS)
    assert not guard.takes(typed[-1] + REST_SECONDS + 0.01)


def test_a_key_counts_from_when_it_was_pressed_however_late_it_is_looked_at():
    guard = FocusGuard()
    guard.moved(10.0)
    assert guard.takes(9.9), "typed before the focus moved, and looked at after"
    assert guard.takes(10.0 + 0.9 * REST_SECONDS), "which does not shorten the rest"
