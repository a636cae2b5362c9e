//! What is judged, by example and by property.

use proptest::prelude::*;

use super::*;

fn guard(allow: &[&str]) -> Guard {
    Guard::new(allow.iter().map(|net| net.parse().unwrap()).collect())
}

fn permits(guard: &Guard, address: &str) -> bool {
    guard.judge(address.parse().unwrap()).is_ok()
}

#[test]
fn what_is_not_public_is_refused() {
    for address in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fd00:ec2::254",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "64:ff9b:1::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "::169.254.169.254",
        "::ffff:0:10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::",
        "2002:c0a8:101::1",
        // Teredo with a private server, and with a private client.
        "2001:0:a00:1:0:0:f7f7:f7f7",
        "2001:0:808:808:0:0:f5ff:fffe",
    ] {
        assert!(!permits(&guard(&[]), address), "{address}");
    }
}

#[test]
fn what_is_public_passes() {
    for address in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2001:0:808:808:0:0:f7f7:f7f7",
    ] {
        assert!(permits(&guard(&[]), address), "{address}");
    }
}

#[test]
fn an_allowed_range_opens_itself_and_what_leads_into_it() {
    let guard = guard(&["10.1.0.0/16", "fd12::/16"]);
    for address in ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd12::1"] {
        assert!(permits(&guard, address), "{address}");
    }
    for address in ["10.2.0.1", "10.0.255.255", "127.0.0.1", "::ffff:10.2.0.1", "fd13::1", "::1"] {
        assert!(!permits(&guard, address), "{address}");
    }
}

#[test]
fn all_of_ipv6_allowed_still_opens_no_private_ipv4() {
    let guard = guard(&["::/0"]);
    assert!(permits(&guard, "::1") && permits(&guard, "fd00::1"));
    for address in ["::ffff:127.0.0.1", "::10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"] {
        assert!(!permits(&guard, address), "{address}");
    }
}

/// Every form in which one IPv4 address can be written into an IPv6 address.
fn forms(v4: Ipv4Addr) -> Vec<Ipv6Addr> {
    let bits = u128::from(u32::from(v4));
    let public = u128::from(u32::from(Ipv4Addr::new(8, 8, 8, 8)));
    let teredo = 0x2001_0000_u128 << 96;
    vec![
        v4.to_ipv6_mapped(),
        Ipv6Addr::from(0xffff_0000_u128 << 32 | bits),
        Ipv6Addr::from(0x64_ff9b_u128 << 96 | bits),
        Ipv6Addr::from(0x2002_u128 << 112 | bits << 80 | 7),
        Ipv6Addr::from(teredo | public << 64 | u128::from(!u32::from(v4))),
        Ipv6Addr::from(teredo | bits << 64 | u128::from(!u32::from(Ipv4Addr::new(8, 8, 8, 8)))),
    ]
}

/// The classes the standard library knows, as a second opinion.
fn is_plainly_private(v4: Ipv4Addr) -> bool {
    v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_broadcast()
        || v4.is_documentation()
        || v4.is_unspecified()
}

proptest! {
    #[test]
    fn every_form_of_an_ipv4_address_is_judged_like_the_address(bits: u32, allowed: u32, len in 0u8..=32) {
        let v4 = Ipv4Addr::from(bits);
        let net = Ipv4Net::new(Ipv4Addr::from(allowed), len).unwrap();
        for guard in [guard(&[]), Guard::new(vec![net.into()])] {
            let plain = guard.judge(v4.into()).is_ok();
            for form in forms(v4) {
                prop_assert_eq!(guard.judge(form.into()).is_ok(), plain, "{}", form);
            }
        }
    }

    #[test]
    fn what_the_standard_library_calls_private_never_passes(bits: u32) {
        let v4 = Ipv4Addr::from(bits);
        if is_plainly_private(v4) {
            prop_assert!(guard(&[]).judge(v4.into()).is_err());
        }
    }

    #[test]
    fn local_ipv6_never_passes(low in any::<u128>(), kind in 0usize..4) {
        let (prefix, len) = [(0xfc00_u128, 7), (0xfe80, 10), (0xff00, 8), (0xfec0, 10)][kind];
        let v6 = Ipv6Addr::from(prefix << 112 | low >> len);
        prop_assert!(guard(&[]).judge(v6.into()).is_err(), "{}", v6);
    }

    #[test]
    fn an_allowed_range_changes_the_judgement_of_no_other_address(bits: u32, allowed: u32, len in 0u8..=32) {
        let net = Ipv4Net::new(Ipv4Addr::from(allowed), len).unwrap();
        let v4 = Ipv4Addr::from(bits);
        let judged = Guard::new(vec![net.into()]).judge(v4.into()).is_ok();
        prop_assert_eq!(judged, net.contains(&v4) || guard(&[]).judge(v4.into()).is_ok());
    }
}
