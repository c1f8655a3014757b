using System.Runtime.CompilerServices;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>One system under load: its server in a child process, and what it has of connections to it. Members that <see cref="Supported"/> does not name throw.</summary>
internal abstract class LoadTarget(string system, string transport, ServerProcess server) : IAsyncDisposable
{
    /// <summary>How long the client may take to leave before the server goes away.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    public string System { get; } = system;

    public string Transport { get; } = transport;

    public ServerProcess Server { get; } = server;

    public abstract Capabilities Supported { get; }

    /// <summary>How much is measured of it.</summary>
    public virtual TargetRank Rank => TargetRank.Main;

    /// <summary>Whether a run measures all of it, and not only what compares it with the others.</summary>
    public bool IsFullyMeasured(RunSettings settings) => Rank == TargetRank.Main || (Rank == TargetRank.MainUnlessQuick && !settings.Quick);

    public override string ToString() => $"{System}/{Transport}";

    public virtual ValueTask<Sample> EchoAsync() => throw NotSupported();

    public virtual Task<StreamFigures> DownloadItemsAsync(TimeSpan duration) => throw NotSupported();

    public virtual Task<StreamFigures> UploadItemsAsync(TimeSpan duration) => throw NotSupported();

    public virtual Task<StreamFigures> EchoItemsAsync(TimeSpan duration) => throw NotSupported();

    /// <summary>Has <see cref="Blocks.Bytes"/> sent down.</summary>
    public virtual Task DownloadBytesAsync() => throw NotSupported();

    /// <summary>Sends them up.</summary>
    public virtual Task UploadBytesAsync() => throw NotSupported();

    public async ValueTask DisposeAsync()
    {
        Task disconnecting = DisconnectAsync().AsTask();
        await Task.WhenAny(disconnecting, Task.Delay(ShutdownTimeout));
        await Server.DisposeAsync();
        await disconnecting;
    }

    protected abstract ValueTask DisconnectAsync();

    private NotSupportedException NotSupported([CallerMemberName] string member = "") => new($"{this} has no {member}: look at {nameof(Supported)} first.");
}
