using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>The systems that are compared in one run.</summary>
internal sealed class TargetSet : IAsyncDisposable
{
    private readonly List<LoadTarget> _all = [];

    public IReadOnlyList<LoadTarget> All => _all;

    /// <summary>Starts the selected systems. The transports other than <see cref="TunnelTarget.MainTransport"/> are last.</summary>
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

        static (string System, Func<Task<LoadTarget>> Start) Tunnel(string transport) =>
            (SystemNames.TunnelRpc, () => TunnelTarget.StartAsync(transport));
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_all.Select(t => t.DisposeAsync().AsTask()));
}
