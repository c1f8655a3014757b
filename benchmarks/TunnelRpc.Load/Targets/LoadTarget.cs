using System.Runtime.CompilerServices;
using TunnelRpc.Load.Contract;
using TunnelRpc.Load.Running;

namespace TunnelRpc.Load.Targets;

/// <summary>
/// One system under load: its server in a child process, and the client's connections to it. Members that <see cref="Supported"/> does not
/// include throw <see cref="NotSupportedException"/>.
/// </summary>
internal abstract class LoadTarget(string system, string transport, ServerProcess server) : IAsyncDisposable
{
    /// <summary>The time that the client has to disconnect before the server is stopped.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    public string System { get; } = system;

    public string Transport { get; } = transport;

    public ServerProcess Server { get; } = server;

    public abstract Capabilities Supported { get; }

    /// <summary>The extent to which the system is measured.</summary>
    public virtual TargetRank Rank => TargetRank.Main;

    /// <summary>Whether a run includes all measures of the system, and not only those that compare it with the others.</summary>
    public bool IsFullyMeasured(RunSettings settings) => Rank == TargetRank.Main || (Rank == TargetRank.MainUnlessQuick && !settings.Quick);

    public override string ToString() => $"{System}/{Transport}";

    /// <summary>Makes one echo call from this process.</summary>
    public virtual ValueTask<Sample> EchoAsync() => throw NotSupported();

    /// <summary>Repeats the echo call in concurrent workers.</summary>
    public virtual Task<Figures> CallAsync(int concurrency, TimeSpan duration) => CallLoop.RunAsync(EchoAsync, concurrency, duration);

    /// <summary>Returns the resources that the process of the client has used since its start.</summary>
    public virtual Task<Usage> ClientUsageAsync() => Task.FromResult(Usage.Now);

    public virtual Task<StreamFigures> DownloadItemsAsync(TimeSpan duration) => throw NotSupported();

    public virtual Task<StreamFigures> UploadItemsAsync(TimeSpan duration) => throw NotSupported();

    public virtual Task<StreamFigures> EchoItemsAsync(TimeSpan duration) => throw NotSupported();

    /// <summary>Receives <see cref="Blocks.Bytes"/> from the server.</summary>
    public virtual Task DownloadBytesAsync() => throw NotSupported();

    /// <summary>Sends <see cref="Blocks.Bytes"/> to the server.</summary>
    public virtual Task UploadBytesAsync() => throw NotSupported();

    public async ValueTask DisposeAsync()
    {
        Task disconnecting = DisconnectAsync().AsTask();
        await Task.WhenAny(disconnecting, Task.Delay(ShutdownTimeout));
        await Server.DisposeAsync();
        await disconnecting;
    }

    protected abstract ValueTask DisconnectAsync();

    private NotSupportedException NotSupported([CallerMemberName] string member = "") =>
        new($"{this} does not support {member}. Check {nameof(Supported)} first.");
}
