//! Between whole numbers and floating-point ones.

/// Up to here, and down to its negative, a float holds every whole number; beyond, it may stand for several.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The float nearest to a whole number: the number itself up to 2^53.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
pub fn nearest_float(number: i64) -> f64 {
    number as f64
}

/// The whole number that a float is; `None` for one that has a fraction, or may stand for several whole numbers.
#[inline]
pub fn exact_integer(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is less than 2^63")]
    let integer = |number: f64| number as i64;
    (number.fract() == 0.0 && number.abs() <= EXACT).then(|| integer(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_a_whole_number_only_where_it_stands_for_no_other() {
        for whole in [0, -7, 1 << 52, -(1 << 53), 1 << 53] {
            assert_eq!(exact_integer(nearest_float(whole)), Some(whole));
        }
        let others = [0.5, -1.25, 9_007_199_254_740_994.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for other in others {
            assert_eq!(exact_integer(other), None, "{other}");
        }
        assert_eq!(exact_integer(-0.0), Some(0));
    }
}
