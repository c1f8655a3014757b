using System.Runtime.CompilerServices;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>One system under load: its server in a child process, and what it has of connections to it. Members that <see cref="Can"/> does not name throw.</summary>
internal abstract class LoadTarget(string system, string transport, ServerProcess server) : IAsyncDisposable
{
    /// <summary>How long the client may take to leave before the server goes away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string System { get; } = system;

    public string Transport { get; } = transport;

    public ServerProcess Server { get; } = server;

    public abstract Capabilities Can { get; }

    /// <summary>How much is measured of it.</summary>
    public virtual TargetRank Rank => TargetRank.Main;

    /// <summary>Whether a run measures all of it, and not only what compares it with the others.</summary>
    public bool IsMeasuredWhole(RunSettings settings) => Rank == TargetRank.Main || (Rank == TargetRank.MainUnlessQuick && !settings.Quick);

    public override string ToString() => $"{System}/{Transport}";

    public virtual ValueTask<Sample> EchoAsync() => throw Cannot();

    public virtual Task<StreamFigures> ItemsDownAsync(TimeSpan duration) => throw Cannot();

    public virtual Task<StreamFigures> ItemsUpAsync(TimeSpan duration) => throw Cannot();

    public virtual Task<StreamFigures> ItemsBothAsync(TimeSpan duration) => throw Cannot();

    /// <summary>Has <see cref="Blocks.Bytes"/> sent down.</summary>
    public virtual Task BytesDownAsync() => throw Cannot();

    /// <summary>Sends them up.</summary>
    public virtual Task BytesUpAsync() => throw Cannot();

    public async ValueTask DisposeAsync()
    {
        Task disconnecting = DisconnectAsync().AsTask();
        await Task.WhenAny(disconnecting, Task.Delay(Patience));
        await Server.DisposeAsync();
        await disconnecting;
    }

    protected abstract ValueTask DisconnectAsync();

    private NotSupportedException Cannot([CallerMemberName] string member = "") => new($"{this} has no {member}: look at {nameof(Can)} first.");
}
