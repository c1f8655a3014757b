namespace TunnelRpc;

/// <summary>A call, as its filters see it. Valid until the call completes. Not thread-safe.</summary>
public abstract class TunnelFilterContext
{
    private Dictionary<object, object?>? _items;

    private protected TunnelFilterContext(TunnelMethod method, TunnelCallDirection direction, CancellationToken cancellationToken)
    {
        Method = method;
        Direction = direction;
        CancellationToken = cancellationToken;
    }

    /// <summary>The method that is called.</summary>
    public TunnelMethod Method { get; }

    /// <summary>Whether this side makes the call or serves it.</summary>
    public TunnelCallDirection Direction { get; }

    /// <summary>
    /// The headers of the call. Those of an outgoing call can be changed until the call is made. Those of an incoming call are read-only.
    /// </summary>
    public abstract TunnelHeaders Headers { get; }

    /// <summary>
    /// The time until the call's deadline, retries included; null if the call has none, zero if it has passed. Setting it starts a new
    /// timeout from now. It can only shorten the time: it extends neither the deadline that the peer set for an incoming call nor the
    /// deadline of the call that is being served.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">When setting: the value is null, zero, negative or more than 30 days.</exception>
    public abstract TimeSpan? RemainingTime { get; set; }

    /// <summary>The arguments, without the cancellation token and the stream.</summary>
    public abstract TunnelFilterArguments Arguments { get; }

    /// <summary>
    /// The stream parameter, as an <see cref="IAsyncEnumerable{T}"/>; null if the method has none. A filter may replace it with a wrapper
    /// before the call is made.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// When setting: the value is not of the parameter's type, or the method has no stream parameter.
    /// </exception>
    public abstract object? InputStream { get; set; }

    /// <summary>Whether the method has a stream parameter. A call of such a method cannot be retried.</summary>
    public abstract bool HasInputStream { get; }

    /// <summary>Whether the method returns a value or a stream.</summary>
    public abstract bool HasResult { get; }

    /// <summary>
    /// Whether <see cref="Result"/> is a stream. A stream is enumerated only after all filters have run. To observe its items, wrap it;
    /// to observe its end or its failure, use <see cref="OnStreamEnded"/>.
    /// </summary>
    public abstract bool HasResultStream { get; }

    /// <summary>
    /// The result, after the next filter has completed: a boxed value, an <see cref="IAsyncEnumerable{T}"/>, or null for a method that
    /// returns nothing. Setting it replaces the result.
    /// </summary>
    /// <exception cref="ArgumentException">When setting: the value is not of the result's type, or the method returns nothing.</exception>
    public abstract object? Result { get; set; }

    /// <summary>The service instance that serves an incoming call, created on first access; null for an outgoing call.</summary>
    public abstract object? Service { get; }

    /// <summary>
    /// The application's service provider: for an incoming call that of the call's scope, if it has one. Null for a client without
    /// dependency injection.
    /// </summary>
    public IServiceProvider? Services { get; internal init; }

    /// <summary>Cancels the call. A filter may replace it with a token that is linked to it.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Data that the filters of this call share. Created on first access.</summary>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>
    /// Registers a callback that runs when the enumeration of <see cref="Result"/> ends. Call it after the next filter has completed.
    /// </summary>
    /// <param name="callback">
    /// Receives the exception that ended the stream; null if the stream ended normally or its consumer stopped early.
    /// </param>
    /// <exception cref="InvalidOperationException">The result is not a stream, or the next filter has not completed yet.</exception>
    public abstract void OnStreamEnded(Action<Exception?> callback);

    /// <summary>Makes the call itself, after the last filter.</summary>
    internal abstract ValueTask CallAsync();
}
