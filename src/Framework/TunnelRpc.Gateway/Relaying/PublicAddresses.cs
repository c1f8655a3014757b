using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Gateway.Relaying;

// Decision: docs/adr/0102-relaying-to-listed-targets.md
/// <summary>Which IP addresses are those of the public internet. Stateless.</summary>
internal static class PublicAddresses
{
    // The networks that are not globally reachable in the registries of special-purpose addresses (RFC 6890), multicast, and what was
    // reserved. The addresses at which clouds serve credentials are in them, except for one.
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "168.63.129.16/32", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    // The only network of IPv6 from which public addresses are assigned. Loopback, link-local, private and translated ones are outside.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>Whether an address is public: not loopback, link-local, private, of a cloud's metadata, or special otherwise.</summary>
    public static bool Contains(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (plain.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(plain))
            && !Array.Exists(NotPublic, network => network.Contains(plain));
    }
}
