using System.Globalization;
using TunnelRpc.Load.Peers;
using TunnelRpc.Load.Peers.Clients;
using TunnelRpc.Load.Servers;

// The load program starts this program: as the server of a system, and as its client.
return args switch
{
    ["--serve", var system] => await ServerProgram.RunAsync(PeerSystem.Find(system).CreateServer()),
    ["--client", var system, var port] => await PeerClientProgram.RunAsync(
        await PeerSystem.Find(system).ConnectAsync(int.Parse(port, CultureInfo.InvariantCulture))),
    ["--client", var system, var port, var seconds] => await PeerClientProgram.RunAsync(
        await PeerSystem.Find(system).ConnectAsync(int.Parse(port, CultureInfo.InvariantCulture)),
        TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))),
    _ => throw new ArgumentException(
        "Expected --serve SYSTEM or --client SYSTEM PORT [SECONDS]. Use this program through TunnelRpc.Load --peers.", nameof(args)),
};
