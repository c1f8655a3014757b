using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace TunnelRpc.Client.Paths;

/// <summary>
/// Identifies the networks that this machine is connected to. Enumerating them takes about as long as the rest of a connect attempt, so all
/// clients of the process share one result for a second. Thread-safe.
/// </summary>
internal static class LocalNetwork
{
    /// <summary>How long a result is used. A change of the networks is noticed after this time at the latest.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    // Replaced without a lock: concurrent callers may enumerate the networks more than once.
    private static volatile Networks? _latest;

    /// <summary>
    /// Returns the prefixes of the addresses in use, except loopback and link-local ones; an empty string if the platform does not provide
    /// them.
    /// </summary>
    public static string GetPrefixes()
    {
        long now = TimeProvider.System.GetTimestamp();
        Networks? latest = _latest;
        if (latest is null || TimeProvider.System.GetElapsedTime(latest.Timestamp, now) >= Lifetime)
        {
            _latest = latest = new Networks(EnumeratePrefixes(), now);
        }

        return latest.Prefixes;
    }

    private static string EnumeratePrefixes()
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

    /// <param name="Prefixes">The prefixes.</param>
    /// <param name="Timestamp">When they were enumerated, by the system clock.</param>
    private sealed record Networks(string Prefixes, long Timestamp);
}
