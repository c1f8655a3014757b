using TunnelRpc.Client;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Servers;
using TunnelRpc.Load.Targets;
using TunnelRpc.Transports;

namespace TunnelRpc.Load.Attacks;

/// <summary>Connects clients of the server that is attacked.</summary>
internal static class VictimClient
{
    /// <summary>Connects a client as a user, from an address.</summary>
    public static Task<TunnelClient> ConnectAsync(
        int port, string user, string address, TunnelCompression compression = TunnelCompression.None) =>
        TunnelClient.ConnectAsync(TunnelTarget.AddressOf(port), options =>
        {
            ITransport only = HttpTransports.Default.Single(t => t.Name == TunnelTarget.MainTransport);
            options.Transports.Clear();
            options.Transports.Add(only);
            options.Headers[VictimServer.UserHeader] = user;
            options.Headers[VictimServer.AddressHeader] = address;
            options.Compression.Algorithm = compression;
            options.ConnectTimeout = TimeSpan.Zero;
            options.Serve<IVictimMember>(new VictimMember());
        });
}
