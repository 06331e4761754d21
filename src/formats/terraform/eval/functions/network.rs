//! Functions on network addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Answer, Arguments, Function, Stop};
use crate::formats::configuration::value::Value;

pub(super) fn function(name: &str) -> Option<Function> {
    Some(match name {
        "cidrhost" => cidrhost,
        "cidrnetmask" => cidrnetmask,
        "cidrsubnet" => cidrsubnet,
        "cidrsubnets" => cidrsubnets,
        _ => return None,
    })
}

/// A range of addresses: the bits of its first one, how many bits are fixed, and how many there are.
#[derive(Clone, Copy)]
struct Range {
    bits: u128,
    fixed: u32,
    width: u32,
}

impl Range {
    fn of(text: &str) -> Option<Self> {
        let (address, fixed) = text.split_once('/')?;
        let fixed: u32 = fixed.parse().ok()?;
        // The language reads `010` as ten.
        let plain: Vec<&str> = address.split('.').map(|own| own.trim_start_matches('0')).collect();
        let plain: Vec<&str> = plain.into_iter().map(|own| if own.is_empty() { "0" } else { own }).collect();
        let plain = if address.contains(':') { address.to_owned() } else { plain.join(".") };
        let (bits, width) = match plain.parse().ok()? {
            IpAddr::V4(own) => (u128::from(own.to_bits()), 32),
            IpAddr::V6(own) => (own.to_bits(), 128),
        };
        if fixed > width {
            return None;
        }
        let range = Self { bits, fixed, width };
        Some(Self { bits: bits & range.mask(), ..range })
    }

    fn free(self) -> u32 {
        self.width - self.fixed
    }

    /// The fixed bits.
    fn mask(self) -> u128 {
        let all = if self.width == 128 { u128::MAX } else { (1 << self.width) - 1 };
        all & !low(self.free())
    }

    fn address(self, bits: u128) -> String {
        if self.width == 32 {
            Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX)).to_string()
        } else {
            Ipv6Addr::from_bits(bits).to_string()
        }
    }

    /// The part with a number when the range is divided by so many more bits.
    fn part(self, more: u32, number: u128) -> Option<Self> {
        let fixed = self.fixed.checked_add(more).filter(|fixed| *fixed <= self.width)?;
        let shift = self.width - fixed;
        let fits = more == 128 || number >> more == 0;
        let moved = if shift >= 128 { 0 } else { number << shift };
        fits.then_some(Self { bits: self.bits | moved, fixed, width: self.width })
    }

    fn text(self) -> String {
        format!("{}/{}", self.address(self.bits), self.fixed)
    }
}

fn low(count: u32) -> u128 {
    if count >= 128 { u128::MAX } else { (1 << count) - 1 }
}

fn range(call: &Arguments<'_, '_>) -> Result<Range, Stop> {
    Range::of(&call.text(0)?).ok_or_else(|| call.fail("the first argument is no range such as 10.0.0.0/8"))
}

fn cidrhost(call: &Arguments<'_, '_>) -> Answer {
    let range = range(call)?;
    let number = call.number(1)?;
    if number.fract() != 0.0 {
        return Err(call.fail("the host is no whole number"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hosts are small whole numbers")]
    let count = number.abs() as u128;
    let number = if number < 0.0 { low(range.free()).checked_add(1).unwrap_or(0).wrapping_sub(count) } else { count };
    if number > low(range.free()) {
        return Err(call.fail("the range has no such host"));
    }
    call.text_value(range.address(range.bits | number))
}

fn cidrnetmask(call: &Arguments<'_, '_>) -> Answer {
    let range = range(call)?;
    if range.width != 32 {
        return Err(call.fail("only IPv4 has masks"));
    }
    call.text_value(range.address(range.mask()))
}

fn bits(call: &Arguments<'_, '_>, at: usize) -> Result<u32, Stop> {
    u32::try_from(call.place(at)?).map_err(|_| call.fail("so many bits no address has"))
}

fn cidrsubnet(call: &Arguments<'_, '_>) -> Answer {
    let part = range(call)?.part(bits(call, 1)?, call.place(2)? as u128);
    call.text_value(part.ok_or_else(|| call.fail("the range has no such part"))?.text())
}

/// Parts one after the other, each as large as its number of bits says.
fn cidrsubnets(call: &Arguments<'_, '_>) -> Answer {
    let range = range(call)?;
    let mut next = range.bits;
    let mut parts = Vec::new();
    for at in 1..call.values.len() {
        let more = bits(call, at)?;
        let part = range.part(more, 0).ok_or_else(|| call.fail("the range has no such part"))?;
        let size = low(part.free());
        // A part starts at a multiple of its size.
        let start = next.checked_add(size).map(|end| end & !size);
        let start = start.filter(|start| start & range.mask() == range.bits);
        let start = start.ok_or_else(|| call.fail("the range is too small for all parts"))?;
        parts.push(Value::text(Range { bits: start, ..part }.text(), call.origin));
        next = start.saturating_add(size).saturating_add(1);
    }
    call.list_value(parts, None)
}
