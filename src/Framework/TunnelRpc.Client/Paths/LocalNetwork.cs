using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace TunnelRpc.Client.Paths;

/// <summary>Tells the networks that this machine is on from others. Without state.</summary>
internal static class LocalNetwork
{
    /// <summary>The prefixes of the addresses in use, but for loopback and link-local ones; empty where the platform does not tell.</summary>
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
            // Then a change of the network is not noticed, and what is remembered lasts its minutes.
            return "";
        }
    }

    // What one network has in common: 24 of 32 bits, 64 of 128.
    private static string GetPrefix(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return Convert.ToHexString(bytes.AsSpan(0, address.AddressFamily == AddressFamily.InterNetwork ? 3 : 8));
    }
}
