namespace TunnelRpc;

/// <summary>
/// One call of a broadcast stub to its sessions. It ends the calls of sessions that do not read, by the stub's
/// <see cref="TunnelBroadcastPolicy"/>. Disposed when all calls
/// have ended or were cancelled. Thread-safe.
/// </summary>
internal abstract class BroadcastRun : IDisposable
{
    /// <summary>The sessions that match now.</summary>
    public abstract IReadOnlyList<BroadcastTarget> Targets { get; }

    /// <summary>The clock of the server.</summary>
    public abstract TimeProvider TimeProvider { get; }

    /// <summary>The token of the call to one session: the caller's, and cancelled if the session does not read.</summary>
    /// <param name="index">The index of the session in <see cref="Targets"/>.</param>
    public abstract CancellationToken GetToken(int index);

    /// <summary>All calls were started: sessions that do not read are noticed from now on.</summary>
    public abstract void OnStarted();

    /// <summary>A call has ended.</summary>
    /// <param name="index">The index of the session in <see cref="Targets"/>.</param>
    /// <param name="error">Its failure; null for none.</param>
    /// <returns>The failure that the caller gets; null for none.</returns>
    public abstract Exception? OnEnded(int index, Exception? error);

    /// <inheritdoc/>
    public abstract void Dispose();
}
