using TunnelRpc.Load.Paths;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>The systems that are compared in one run.</summary>
internal sealed class TargetSet : IAsyncDisposable
{
    private readonly List<LoadTarget> _all = [];

    public IReadOnlyList<LoadTarget> All => _all;

    /// <summary>Starts the selected systems. The transports other than <see cref="TunnelTarget.MainTransport"/> are last.</summary>
    /// <param name="isWanted">Whether a system is selected.</param>
    /// <param name="transports">The selected transports of TunnelRpc.</param>
    /// <param name="path">The path between client and server; null for loopback.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    public async Task StartAsync(
        Predicate<string> isWanted, IReadOnlyList<string> transports, PathSettings? path, CancellationToken cancellationToken)
    {
        (string System, Func<Task<LoadTarget>> Start)[] systems =
        [
            (SystemNames.RawTcp, () => FrameTarget.StartRawAsync(path)),
            (SystemNames.RawSession, () => FrameTarget.StartSessionAsync(path)),
            (SystemNames.RawUpgrade, () => UpgradeTarget.StartAsync(path)),
            .. transports.Where(t => t == TunnelTarget.MainTransport).Select(Tunnel),
            (SystemNames.Http1, () => HttpTarget.StartAsync(SystemNames.Http1, path)),
            (SystemNames.Http2, () => HttpTarget.StartAsync(SystemNames.Http2, path)),
            (SystemNames.RawCopy, () => CopyTarget.StartAsync(path)),
            .. SystemNames.Peers.Select(system => (system, (Func<Task<LoadTarget>>)(() => PeerTarget.StartAsync(system, path)))),
            .. transports.Where(t => t != TunnelTarget.MainTransport).Select(Tunnel),
        ];
        foreach ((string system, Func<Task<LoadTarget>> start) in systems.Where(s => isWanted(s.System)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _all.Add(await start());
        }

        (string System, Func<Task<LoadTarget>> Start) Tunnel(string transport) =>
            (SystemNames.TunnelRpc, () => TunnelTarget.StartAsync(transport, path));
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_all.Select(t => t.DisposeAsync().AsTask()));
}
