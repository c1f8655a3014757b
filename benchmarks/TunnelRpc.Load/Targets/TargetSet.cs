using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>The systems that are measured side by side.</summary>
internal sealed class TargetSet : IAsyncDisposable
{
    private readonly List<LoadTarget> _all = [];

    public IReadOnlyList<LoadTarget> All => _all;

    /// <summary>Starts those that are wanted; the transports that are compared with the main one come last.</summary>
    public async Task StartAsync(Predicate<string> isWanted, IReadOnlyList<string> transports, CancellationToken cancellationToken)
    {
        (string System, Func<Task<LoadTarget>> Start)[] systems =
        [
            (SystemNames.RawTcp, FrameTarget.StartRawAsync),
            (SystemNames.RawSession, FrameTarget.StartSessionAsync),
            (SystemNames.RawUpgrade, UpgradeTarget.StartAsync),
            .. transports.Where(t => t == TunnelTarget.MainTransport).Select(Tunnel),
            (SystemNames.Http1, () => HttpTarget.StartAsync(SystemNames.Http1)),
            (SystemNames.Http2, () => HttpTarget.StartAsync(SystemNames.Http2)),
            (SystemNames.RawCopy, CopyTarget.StartAsync),
            .. transports.Where(t => t != TunnelTarget.MainTransport).Select(Tunnel),
        ];
        foreach ((string system, Func<Task<LoadTarget>> start) in systems.Where(s => isWanted(s.System)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _all.Add(await start());
        }

        static (string System, Func<Task<LoadTarget>> Start) Tunnel(string transport) => (SystemNames.TunnelRpc, () => TunnelTarget.StartAsync(transport));
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_all.Select(t => t.DisposeAsync().AsTask()));
}
