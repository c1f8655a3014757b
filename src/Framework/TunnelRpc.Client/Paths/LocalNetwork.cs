using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace TunnelRpc.Client.Paths;

/// <summary>Identifies the networks that this machine is connected to. Without state.</summary>
internal static class LocalNetwork
{
    /// <summary>
    /// Returns the prefixes of the addresses in use, except loopback and link-local ones; an empty string if the platform does not provide
    /// them.
    /// </summary>
    public static string GetPrefixes()
    {
        try
        {
            return string.Join(' ', NetworkInterface.GetAllNetworkInterfaces()
                .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                .Where(a => !IPAddress.IsLoopback(a.Address) && !a.Address.IsIPv6LinkLocal)
                .Select(a => GetPrefix(a.Address))
                .Order(StringComparer.Ordinal)
                .Distinct());
        }
        catch (Exception unknown) when (unknown is NetworkInformationException or PlatformNotSupportedException)
        {
            // A change of the network is not detected then; the entries of TransportHistory still expire after their lifetime.
            return "";
        }
    }

    // The prefix of a typical network: 24 of 32 bits (IPv4), 64 of 128 bits (IPv6).
    private static string GetPrefix(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return Convert.ToHexString(bytes.AsSpan(0, address.AddressFamily == AddressFamily.InterNetwork ? 3 : 8));
    }
}
