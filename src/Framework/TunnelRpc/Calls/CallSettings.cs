namespace TunnelRpc.Calls;

/// <summary>What holds for one call of this side beside its arguments: from the stub's options, the method and the call that is served now.</summary>
internal sealed record CallSettings
{
    public TimeSpan? Deadline { get; private init; }

    public TunnelHeaders? Headers { get; private init; }

    public TunnelHeaders? Trailers { get; private init; }

    public TunnelPriority Priority { get; private init; }

    /// <summary>The object that is called, of those that the peer has passed; 0 for a service that it serves.</summary>
    public long Reference { get; private init; }

    /// <summary>What of it travels; null when there is nothing.</summary>
    public CallMetadata? Metadata
    {
        get
        {
            var metadata = new CallMetadata { Deadline = Deadline, Headers = Headers, Priority = Priority, Reference = Reference };
            return metadata.IsEmpty ? null : metadata;
        }
    }

    /// <summary>How long a call may take: the least of what its options or its method say and what is left to the call that is served now.</summary>
    public static TimeSpan? DeadlineOf(TunnelCallOptions? options, TunnelMethod method)
    {
        TimeSpan? served = TunnelCallContext.Current?.RemainingTime;
        TimeSpan? own = options?.Deadline ?? method.Deadline;
        return served < own ? served : own ?? served;
    }

    /// <summary>The settings; null in the usual case, in which there are none.</summary>
    /// <exception cref="TunnelException">The call that is served now has no time left.</exception>
    public static CallSettings? Resolve(TunnelCallOptions? options, TunnelMethod method, long reference)
    {
        TimeSpan? deadline = DeadlineOf(options, method);
        if (options is null && deadline is null && reference == 0)
        {
            return null;
        }

        if (deadline <= TimeSpan.Zero)
        {
            throw new TunnelException(TunnelStatus.DeadlineExceeded, $"{method} was not called: the deadline of the call that is served now has passed.");
        }

        return new CallSettings
        {
            Deadline = deadline,
            Headers = options?.Headers,
            Trailers = options?.Trailers,
            Priority = options?.Priority ?? TunnelPriority.Normal,
            Reference = reference,
        };
    }
}
