using TunnelRpc.Calls;

namespace TunnelRpc.Client;

/// <summary>
/// How a client serves one contract. At most one of the two properties may be set; if neither is, the options of the client apply. Read
/// when the contract is registered. Not thread-safe.
/// </summary>
public sealed class TunnelCallbackOptions
{
    /// <summary>
    /// The context that the calls of the contract start and continue on, for instance that of a user interface. See
    /// <see cref="TunnelClientOptions.CallbackSynchronizationContext"/>. Default null.
    /// </summary>
    public SynchronizationContext? SynchronizationContext { get; set; }

    /// <summary>
    /// The scheduler that the calls of the contract start and continue on. <see cref="TaskScheduler.Default"/> is the thread pool, also if
    /// the client has another one. See <see cref="TunnelClientOptions.CallbackTaskScheduler"/>. Default null.
    /// </summary>
    public TaskScheduler? TaskScheduler { get; set; }

    /// <summary>Creates the scheduler; null if none is set.</summary>
    /// <exception cref="ArgumentException">Both properties are set.</exception>
    internal CallScheduler? CreateScheduler() => CallScheduler.Create(
        SynchronizationContext, TaskScheduler, $"{nameof(SynchronizationContext)} and {nameof(TaskScheduler)} of TunnelCallbackOptions");
}
