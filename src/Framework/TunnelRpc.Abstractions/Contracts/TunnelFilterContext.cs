namespace TunnelRpc;

/// <summary>One call, as its filters see it. Valid until the call is over; not thread-safe.</summary>
public abstract class TunnelFilterContext
{
    private Dictionary<object, object?>? _items;

    private protected TunnelFilterContext(TunnelMethod method, TunnelCallDirection direction, CancellationToken cancellationToken)
    {
        Method = method;
        Direction = direction;
        CancellationToken = cancellationToken;
    }

    /// <summary>The method.</summary>
    public TunnelMethod Method { get; }

    /// <summary>Whether this side makes the call or serves it.</summary>
    public TunnelCallDirection Direction { get; }

    /// <summary>What travels with the call. Of an outgoing call they can be changed before it is made; of an incoming one they are read-only.</summary>
    public abstract TunnelHeaders Headers { get; }

    /// <summary>
    /// How long the call may still take, repetitions included; null for any time, zero when its deadline has passed. Setting
    /// begins to count now, at most 30 days. It does not lengthen what the peer gave an incoming call, nor what is left to the
    /// call that is served now.
    /// </summary>
    /// <exception cref="ArgumentException">Setting: null, zero, less, or more than 30 days.</exception>
    public abstract TimeSpan? RemainingTime { get; set; }

    /// <summary>The arguments, without the cancellation token and the stream.</summary>
    public abstract TunnelFilterArguments Arguments { get; }

    /// <summary>The stream of elements that is a parameter, as an <see cref="IAsyncEnumerable{T}"/>; null when the method has none. It may be wrapped before the call is made.</summary>
    /// <exception cref="ArgumentException">Setting: it is of another type.</exception>
    public abstract object? InputStream { get; set; }

    /// <summary>Whether the method has a stream as a parameter; then the call cannot be repeated.</summary>
    public abstract bool HasInputStream { get; }

    /// <summary>Whether the method has a result or a stream that comes back.</summary>
    public abstract bool HasResult { get; }

    /// <summary>
    /// Whether <see cref="Result"/> is a stream, which is enumerated only after all filters have run: to see its elements or
    /// its failure, wrap it, or use <see cref="OnStreamEnded"/>.
    /// </summary>
    public abstract bool HasResultStream { get; }

    /// <summary>
    /// What the method returned, once the call is over: a boxed value, an <see cref="IAsyncEnumerable{T}"/>, or null for a
    /// method that returns nothing. Setting replaces it.
    /// </summary>
    /// <exception cref="ArgumentException">Setting: it is of another type, or the method returns nothing.</exception>
    public abstract object? Result { get; set; }

    /// <summary>The implementation that an incoming call runs on, made when it is first asked for; null for an outgoing call.</summary>
    public abstract object? Service { get; }

    /// <summary>
    /// The services of the application: of an incoming call, those of its scope if it has one. Null for a client without
    /// dependency injection.
    /// </summary>
    public IServiceProvider? Services { get; internal init; }

    /// <summary>Cancels the call. It may be replaced, by one that is linked with it.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>What the filters of this call tell one another.</summary>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>
    /// Has <paramref name="callback"/> called when the enumeration of <see cref="Result"/> is over: with its failure, or with null
    /// when it has ended or its reader had enough. To be called behind the next filter, when the result is there.
    /// </summary>
    /// <exception cref="InvalidOperationException">The result is no stream, or is not there yet.</exception>
    public abstract void OnStreamEnded(Action<Exception?> callback);

    /// <summary>Makes the call itself.</summary>
    internal abstract ValueTask CallAsync();
}
