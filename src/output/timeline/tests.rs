use super::{days, median};

#[test]
fn the_middle_of_an_even_number_lies_between_two() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[7]), Some(7));
    assert_eq!(median(&[1, 4]), Some(2));
    assert_eq!(median(&[1, 4, 90]), Some(4));
    assert_eq!(median(&[1, 4, 6, 90]), Some(5));
}

#[test]
fn a_day_that_was_begun_counts() {
    assert_eq!([0, 1, 86_400, 86_401].map(days), [0, 1, 1, 2]);
}
