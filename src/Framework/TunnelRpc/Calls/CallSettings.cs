using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>
/// The settings of one outgoing call: everything but its arguments. They come from the options of the stub, the method, and the call that
/// is served now. Immutable.
/// </summary>
internal sealed record CallSettings
{
    /// <summary>The time that the call may take, from the creation of the settings on; null for any time.</summary>
    public TimeSpan? Timeout { get; private init; }

    /// <summary>The headers to send; null for none.</summary>
    public TunnelHeaders? Headers { get; private init; }

    /// <summary>Receives the trailers of the reply; null when they are not wanted.</summary>
    public TunnelHeaders? Trailers { get; private init; }

    /// <summary>The priority with which the messages of the call are sent.</summary>
    public TunnelPriority Priority { get; private init; }

    /// <summary>The id of the object that is called, if the peer passed it by reference; 0 for a service of the peer.</summary>
    public long ReferenceId { get; private init; }

    /// <summary>The id of the chain that the call belongs to; 0 for none.</summary>
    public ulong ChainId { get; private init; }

    /// <summary>The calls of the chain that wait for this one; 0 without a chain.</summary>
    private int ChainDepth { get; init; }

    /// <summary>The place of the call in its chain.</summary>
    public NestedCall Nested => new(ChainId, ChainDepth);

    // The names of the services and objects of this side that the chain holds under ordered dispatch.
    private IReadOnlyList<string> HeldServices { get; init; } = [];

    /// <summary>The metadata that the CALL carries; null when it carries none.</summary>
    public CallMetadata? Metadata
    {
        get
        {
            var metadata = new CallMetadata
            {
                Timeout = Timeout,
                Headers = Headers,
                Priority = Priority,
                ReferenceId = ReferenceId,
                ChainId = ChainId,
                ChainDepth = ChainDepth,
                HeldServices = HeldServices,
            };
            return metadata.IsEmpty ? null : metadata;
        }
    }

    /// <summary>The same settings for a call that is nested in a served one. Its chain holds no service of this side.</summary>
    public static CallSettings WithChain(CallSettings? settings, TunnelCallContext served) =>
        (settings ?? new CallSettings()) with
        {
            ChainId = served.GetOrCreateChain().GetOrCreateId(),
            ChainDepth = served.ChainDepth + 1,
        };

    /// <summary>
    /// The same settings in a new chain: for a call that passes a limit because calls wait for each other. The chain of the call that makes
    /// it is not known, or must not be used, because a one-way call is not waited for.
    /// </summary>
    public static CallSettings WithNewChain(CallSettings? settings) =>
        (settings ?? new CallSettings()) with { ChainId = new CallChain().GetOrCreateId(), ChainDepth = 1 };

    /// <summary>The entry of the call in the send scheduler.</summary>
    public ScheduledSender CreateScheduledSender() => ScheduledSender.ForPriority(Priority);

    /// <summary>
    /// The timeout of a call: that of its options, else of its method; at most the remaining time of the call that is served now. Null for
    /// none.
    /// </summary>
    public static TimeSpan? GetEffectiveTimeout(TunnelCallOptions? options, TunnelMethod method)
    {
        TimeSpan? served = TunnelCallContext.Current?.RemainingTime;
        TimeSpan? own = options?.Timeout ?? method.Timeout;
        return served < own ? served : own ?? served;
    }

    /// <summary>The settings of a call; null in the usual case, a call with neither options nor timeout, reference or chain.</summary>
    /// <param name="options">The options of the stub; null for none.</param>
    /// <param name="method">The method.</param>
    /// <param name="referenceId">The id of the object that is called; 0 for a service.</param>
    /// <param name="queues">
    /// The ordered queues of this side that a chain may hold; null for a one-way call, which belongs to no chain.
    /// </param>
    /// <exception cref="TunnelException">DeadlineExceeded: the deadline of the call that is served now has passed.</exception>
    public static CallSettings? Resolve(TunnelCallOptions? options, TunnelMethod method, long referenceId, OrderedQueues? queues)
    {
        TimeSpan? timeout = GetEffectiveTimeout(options, method);
        TunnelCallContext? served = queues is null ? null : TunnelCallContext.Current;
        CallChain? chain = served?.Chain;
        if (options is null && timeout is null && referenceId == 0 && chain is null)
        {
            return null;
        }

        if (timeout <= TimeSpan.Zero)
        {
            throw new TunnelException(
                TunnelStatus.DeadlineExceeded, $"{method} was not called: the deadline of the call that is served now has passed.")
            {
                Outcome = TunnelCallOutcome.NotSent,
            };
        }

        return new CallSettings
        {
            Timeout = timeout,
            Headers = options?.Headers,
            Trailers = options?.Trailers,
            Priority = options?.Priority ?? TunnelPriority.Normal,
            ReferenceId = referenceId,
            ChainId = chain?.GetOrCreateId() ?? 0,
            ChainDepth = chain is null ? 0 : served!.ChainDepth + 1,
            HeldServices = chain is null ? [] : queues!.GetNamesHeldBy(chain.Id),
        };
    }
}
