using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TunnelRpc.Logging;

/// <summary>
/// A remote address as the limits of addresses and of log entries count it: an IPv4 address, or a network of 2^64 IPv6 addresses (/64),
/// which is what one customer of a provider has at least.
/// </summary>
/// <param name="Bits">The IPv4 address, or the upper half of the IPv6 address.</param>
/// <param name="IsIPv6">Whether it is an IPv6 network.</param>
internal readonly record struct RemoteAddress(ulong Bits, bool IsIPv6)
{
    /// <summary>The address of an endpoint; null if the endpoint is unknown or has no IP address.</summary>
    /// <param name="endPoint">Address and port, as the information about a connection has them.</param>
    public static RemoteAddress? Parse(string? endPoint) =>
        IPEndPoint.TryParse(endPoint ?? "", out IPEndPoint? parsed) ? From(parsed.Address) : null;

    /// <summary>The IPv4 address, or the IPv6 network, as in "2001:db8::/64".</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        if (!IsIPv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Bits);
            return new IPAddress(bytes[..4]).ToString();
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, Bits);
        return $"{new IPAddress(bytes)}/64";
    }

    private static RemoteAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new RemoteAddress(BinaryPrimitives.ReadUInt64BigEndian(bytes), true)
            : new RemoteAddress(BinaryPrimitives.ReadUInt32BigEndian(bytes), false);
    }
}
