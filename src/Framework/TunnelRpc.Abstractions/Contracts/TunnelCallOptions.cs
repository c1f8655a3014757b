namespace TunnelRpc;

/// <summary>
/// Options of a call. Apply them to a stub with
/// <see cref="TunnelStubExtensions.With{TService}(TService, TunnelHeaders?, TimeSpan?, TunnelPriority?, TunnelHeaders?)"/>.
/// </summary>
/// <remarks>An option that is null inherits the stub's value. Thread-safe as long as the headers and trailers are not changed.</remarks>
public sealed record TunnelCallOptions
{
    /// <summary>The longest timeout that can be set. A call without a timeout may take any time.</summary>
    internal static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(30);

    /// <summary>The headers that are sent with the call. Default: none.</summary>
    public TunnelHeaders? Headers { get; init; }

    /// <summary>
    /// The timeout of the call, counted from its start. More than zero and at most 30 days. Default: null, which applies the method's
    /// <see cref="TimeoutAttribute"/>. A call that is made while another call is served never outlasts the deadline of that call.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The call's priority. Default: null, which means <see cref="TunnelPriority.Normal"/>.</summary>
    public TunnelPriority? Priority { get; init; }

    /// <summary>
    /// Receives the trailers when the call completes, whether it succeeds or fails. Its previous content is removed. Use an instance for
    /// one call at a time. Default: null, which ignores the trailers.
    /// </summary>
    public TunnelHeaders? Trailers { get; init; }

    /// <summary>
    /// For broadcast stubs: what a broadcast does with a session that does not take its calls. Has no effect on other stubs. Default: null,
    /// which means the server's option BroadcastPolicy.
    /// </summary>
    public TunnelBroadcastPolicy? BroadcastPolicy { get; init; }

    /// <summary>Returns these options, replaced by those that are set in <paramref name="overrides"/>.</summary>
    internal TunnelCallOptions Merge(TunnelCallOptions overrides) => new()
    {
        Headers = overrides.Headers ?? Headers,
        Timeout = overrides.Timeout ?? Timeout,
        Priority = overrides.Priority ?? Priority,
        Trailers = overrides.Trailers ?? Trailers,
        BroadcastPolicy = overrides.BroadcastPolicy ?? BroadcastPolicy,
    };

    /// <summary>Returns the timeout if it is valid.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The timeout is null, zero, negative or longer than <see cref="MaxTimeout"/>.
    /// </exception>
    internal static TimeSpan ValidateTimeout(TimeSpan? timeout) => timeout is TimeSpan time && time > TimeSpan.Zero && time <= MaxTimeout
        ? time
        : throw new ArgumentOutOfRangeException(
            nameof(timeout), timeout, $"Expected a timeout of more than zero and at most {MaxTimeout.TotalDays} days.");

    /// <summary>Throws if an option is invalid.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
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
