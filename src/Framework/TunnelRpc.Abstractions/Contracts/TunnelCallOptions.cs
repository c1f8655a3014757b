namespace TunnelRpc;

/// <summary>What can be said of a call beside its arguments. Given to a stub with <see cref="TunnelStubExtensions.With{TService}(TService, TunnelHeaders?, TimeSpan?, TunnelPriority?, TunnelHeaders?)"/>.</summary>
public sealed record TunnelCallOptions
{
    /// <summary>The longest deadline; a call that may take longer has none.</summary>
    internal static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(30);

    /// <summary>What travels to the peer with the call.</summary>
    public TunnelHeaders? Headers { get; init; }

    /// <summary>
    /// How long the call may take, from its start on, at most 30 days; null leaves it to the method's
    /// <see cref="TimeoutAttribute"/>. A call made while another is served never takes longer than that one may.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The call's priority; null for normal.</summary>
    public TunnelPriority? Priority { get; init; }

    /// <summary>Receives the trailers when the call has ended, whether well or not; what it held before is removed.</summary>
    public TunnelHeaders? Trailers { get; init; }

    /// <summary>These options, with those that <paramref name="overrides"/> sets in place of their own.</summary>
    internal TunnelCallOptions Merge(TunnelCallOptions overrides) => new()
    {
        Headers = overrides.Headers ?? Headers,
        Timeout = overrides.Timeout ?? Timeout,
        Priority = overrides.Priority ?? Priority,
        Trailers = overrides.Trailers ?? Trailers,
    };

    /// <exception cref="ArgumentException">It is none, or out of its range.</exception>
    internal static TimeSpan ValidateTimeout(TimeSpan? timeout) => timeout is TimeSpan time && time > TimeSpan.Zero && time <= MaxTimeout
        ? time
        : throw new ArgumentOutOfRangeException(nameof(timeout), timeout, $"A deadline must be more than zero and at most {MaxTimeout.TotalDays} days.");

    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal void Validate()
    {
        if (Timeout is not null)
        {
            ValidateTimeout(Timeout);
        }

        if (Priority is TunnelPriority priority && !Enum.IsDefined(priority))
        {
            throw new ArgumentOutOfRangeException(nameof(Priority), priority, "Expected Low, Normal or High.");
        }
    }
}
