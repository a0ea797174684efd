//! Whether a monthly surplus pays for what was bought.
//!
//! With a price C, a surplus m at the end of each month, and r = discount/12: payback C/m months; discounted payback
//! −ln(1 − C r/m)/ln(1 + r); present value after n months −C + m (1 − (1 + r)^−n)/r. Nothing is left of a unit at its end.
//! Units bought in place of dead ones are running costs: a surplus is what is left after them, at the rate at which they were
//! bought in the time measured.

/// The answer where there is none.
pub const NEVER: f64 = -1.0;

/// Months until a surplus by the month has paid `price`; [`NEVER`] if it does not.
pub fn payback(price: f64, surplus: f64) -> f64 {
    if surplus > 0.0 { price / surplus } else { NEVER }
}

/// As [`payback`], with later money discounted by `discount` a year.
pub fn discounted_payback(price: f64, surplus: f64, discount: f64) -> f64 {
    let rate = discount / 12.0;
    if rate == 0.0 || surplus <= 0.0 {
        return payback(price, surplus);
    }
    let left = 1.0 - price * rate / surplus;
    if left > 0.0 { -libm::log(left) / libm::log1p(rate) } else { NEVER }
}

/// Present value of `months` months of a surplus, less the price.
pub fn net_present_value(price: f64, surplus: f64, months: f64, discount: f64) -> f64 {
    let rate = discount / 12.0;
    let annuity = if rate == 0.0 { months } else { -libm::expm1(-months * libm::log1p(rate)) / rate };
    surplus * annuity - price
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn present_value_is_that_of_month_after_month() {
        let (price, surplus, discount) = (450.0, 16.060_236, 0.1);
        let rate = discount / 12.0;
        let mut value = -price;
        let mut factor = 1.0;
        for _ in 0..48 {
            factor /= 1.0 + rate;
            value += surplus * factor;
        }
        assert!((net_present_value(price, surplus, 48.0, discount) - value).abs() < 1e-9);
        // It is zero after the discounted payback.
        let payback = discounted_payback(price, surplus, discount);
        assert!(net_present_value(price, surplus, payback, discount).abs() < 1e-9);
        assert!((net_present_value(price, surplus, 48.0, 0.0) - (48.0 * surplus - price)).abs() < 1e-9);
    }

    #[test]
    fn what_never_pays_says_so() {
        assert_eq!(payback(100.0, -1.0), NEVER);
        assert_eq!(discounted_payback(1e6, 1.0, 0.1), NEVER);
        assert_eq!(discounted_payback(100.0, 4.0, 0.0), 25.0);
    }
}
