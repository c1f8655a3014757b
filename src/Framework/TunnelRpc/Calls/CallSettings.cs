using TunnelRpc.Multiplexing;
using TunnelRpc.Ordering;

namespace TunnelRpc.Calls;

/// <summary>What holds for one call of this side beside its arguments: from the stub's options, the method and the call that is served now.</summary>
internal sealed record CallSettings
{
    public TimeSpan? Timeout { get; private init; }

    public TunnelHeaders? Headers { get; private init; }

    public TunnelHeaders? Trailers { get; private init; }

    public TunnelPriority Priority { get; private init; }

    /// <summary>The object that is called, of those that the peer has passed; 0 for a service that it serves.</summary>
    public long ReferenceId { get; private init; }

    /// <summary>The chain that the call belongs to; 0 for none.</summary>
    public ulong ChainId { get; private init; }

    /// <summary>What of this side the chain holds, of what the peer may call.</summary>
    private IReadOnlyList<string> HeldServices { get; init; } = [];

    /// <summary>What of it travels; null when there is nothing.</summary>
    public CallMetadata? Metadata
    {
        get
        {
            var metadata = new CallMetadata { Timeout = Timeout, Headers = Headers, Priority = Priority, ReferenceId = ReferenceId, ChainId = ChainId, HeldServices = HeldServices };
            return metadata.IsEmpty ? null : metadata;
        }
    }

    /// <summary>The same, in a chain that holds nothing of this side.</summary>
    public static CallSettings WithChain(CallSettings? settings, CallChain chain) => (settings ?? new CallSettings()) with { ChainId = chain.GetOrCreateId() };

    /// <summary>The turns of what is sent for the call.</summary>
    public ScheduledSender CreateScheduledSender() => ScheduledSender.ForPriority(Priority);

    /// <summary>How long a call may take: the least of what its options or its method say and what is left to the call that is served now.</summary>
    public static TimeSpan? GetEffectiveTimeout(TunnelCallOptions? options, TunnelMethod method)
    {
        TimeSpan? served = TunnelCallContext.Current?.RemainingTime;
        TimeSpan? own = options?.Timeout ?? method.Timeout;
        return served < own ? served : own ?? served;
    }

    /// <summary>The settings; null in the usual case, in which there are none.</summary>
    /// <param name="options">The stub's options; null for none.</param>
    /// <param name="method">The method.</param>
    /// <param name="referenceId">The object that is called; 0 for a service.</param>
    /// <param name="queues">What of this side a chain may hold; null for a call that nobody waits for, which belongs to none.</param>
    /// <exception cref="TunnelException">The call that is served now has no time left.</exception>
    public static CallSettings? Resolve(TunnelCallOptions? options, TunnelMethod method, long referenceId, OrderedQueues? queues)
    {
        TimeSpan? deadline = GetEffectiveTimeout(options, method);
        CallChain? chain = queues is null ? null : TunnelCallContext.Current?.Chain;
        if (options is null && deadline is null && referenceId == 0 && chain is null)
        {
            return null;
        }

        if (deadline <= TimeSpan.Zero)
        {
            throw new TunnelException(TunnelStatus.DeadlineExceeded, $"{method} was not called: the deadline of the call that is served now has passed.") { Outcome = TunnelCallOutcome.NotSent };
        }

        return new CallSettings
        {
            Timeout = deadline,
            Headers = options?.Headers,
            Trailers = options?.Trailers,
            Priority = options?.Priority ?? TunnelPriority.Normal,
            ReferenceId = referenceId,
            ChainId = chain?.GetOrCreateId() ?? 0,
            HeldServices = chain is null ? [] : queues!.GetNamesHeldBy(chain.Id),
        };
    }
}
