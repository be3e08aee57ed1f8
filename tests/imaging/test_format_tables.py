from imaging.format_tables import PAGE, page


def test_the_page_of_formats_says_what_the_reader_and_the_writer_do() -> None:
    assert PAGE.read_text() == page(), "run `python -m imaging.format_tables` in the folder tests"
