from maestro_tui.domain.names import free_name


def test_a_name_that_is_taken_gets_a_number():
    assert free_name("Checkout", (), 200) == "Checkout"
    assert free_name("Checkout", {"Checkout"}, 200) == "Checkout 2"
    assert free_name("Checkout", {"Checkout", "Checkout 2"}, 200) == "Checkout 3"
    assert free_name("Checkout flow", {"Checkout"}, 8) == "Checko 2"
