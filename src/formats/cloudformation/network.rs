//! `Fn::Cidr`: ranges of addresses inside a block (CloudFormation user guide, "Fn::Cidr").

use std::net::{Ipv4Addr, Ipv6Addr};

/// Most ranges that one call makes, as the service allows.
const MAX_BLOCKS: u32 = 256;

/// The first ranges of a block: its text, how many, and how many bits each leaves open. Without bits, those are 8.
pub(super) fn blocks(arguments: &[&str]) -> Result<Vec<String>, String> {
    let (block, count, bits) = match arguments {
        [block, count] => (*block, *count, "8"),
        [block, count, bits] => (*block, *count, *bits),
        _ => return Err("`Fn::Cidr` has a block, a count and a number of bits".to_owned()),
    };
    let wrong = || format!("`{block}` is no block of addresses");
    let (address, prefix) = block.split_once('/').ok_or_else(wrong)?;
    let prefix: u32 = prefix.parse().map_err(|_| wrong())?;
    let count: u32 = count.parse().map_err(|_| format!("`{count}` is no count"))?;
    let bits: u32 = bits.parse().map_err(|_| format!("`{bits}` is no number of bits"))?;
    if count == 0 || count > MAX_BLOCKS {
        return Err(format!("the count of `Fn::Cidr` is 1 to {MAX_BLOCKS}"));
    }
    let (first, width, is_v4) = match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
        (Ok(address), _) => (u128::from(u32::from(address)), 32, true),
        (_, Ok(address)) => (u128::from(address), 128, false),
        _ => return Err(wrong()),
    };
    let open = width - prefix.min(width);
    let fits = prefix <= width && bits < 128 && bits <= open && u128::from(count) <= room(open - bits);
    if !fits {
        return Err(format!("{count} ranges of {bits} bits do not fit into `{block}`"));
    }
    let first = if open >= 128 { 0 } else { first >> open << open };
    let ranges = (0..count).map(|at| {
        let start = first | u128::from(at) << bits;
        let address = match u32::try_from(start) {
            Ok(start) if is_v4 => Ipv4Addr::from(start).to_string(),
            _ => Ipv6Addr::from(start).to_string(),
        };
        format!("{address}/{}", width - bits)
    });
    Ok(ranges.collect())
}

fn room(bits: u32) -> u128 {
    if bits >= 127 { u128::MAX } else { 1 << bits }
}
