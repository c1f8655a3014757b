using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc;

/// <summary>
/// The call that is served now, for its implementation and whatever that calls. Calls made meanwhile inherit its deadline.
/// Lives as long as the call; not thread-safe where it is changed.
/// </summary>
public sealed class TunnelCallContext
{
    private static readonly AsyncLocal<TunnelCallContext?> Ambient = new();

    private readonly TunnelInvoker _invoker;
    private readonly TimeProvider _timeProvider;

    // The clock's reading; replaced where a filter gives the call less time.
    private long _deadlineTimestamp;
    private TunnelHeaders? _trailers;

    // Set once, by Interlocked.
    private CallChain? _createdChain;

    internal TunnelCallContext(
        TunnelMethod method, string sessionId, string transport, ClaimsPrincipal? user, TunnelInvoker invoker, TimeProvider timeProvider)
    {
        Method = method;
        SessionId = sessionId;
        Transport = transport;
        User = user;
        _invoker = invoker;
        _timeProvider = timeProvider;
    }

    /// <summary>The call that is served in this flow of execution; null outside of one.</summary>
    public static TunnelCallContext? Current
    {
        get => Ambient.Value;
        internal set => Ambient.Value = value;
    }

    /// <summary>The method.</summary>
    public TunnelMethod Method { get; }

    /// <summary>The session's name, the same on both sides.</summary>
    public string SessionId { get; }

    /// <summary>The transport that carries the session, as this side sees it: a server sees "upgrade" where its client came by "connect".</summary>
    public string Transport { get; }

    /// <summary>Who the session was authenticated as; null when nobody asked, and on a client.</summary>
    public ClaimsPrincipal? User { get; }

    /// <summary>On a server, the certificate that the client has proved in end-to-end TLS to be its own; null when it showed none. Not to be disposed.</summary>
    public X509Certificate2? ClientCertificate { get; internal init; }

    /// <summary>What the caller sent beside the arguments; read-only, empty when there is nothing.</summary>
    public TunnelHeaders Headers { get; internal init; } = TunnelHeaders.Empty;

    /// <summary>What the caller gets beside the result, or beside the failure: what is here when the call ends. A one-way call has no use for it.</summary>
    public TunnelHeaders Trailers => _trailers ??= [];

    /// <summary>The call's priority.</summary>
    public TunnelPriority Priority { get; internal init; }

    /// <summary>Cancelled when the caller gives up, the deadline passes or the session ends: the token that the method was given.</summary>
    public CancellationToken CancellationToken { get; internal init; }

    /// <summary>How long the call may still take; null for any time, zero when its deadline has passed.</summary>
    public TimeSpan? RemainingTime
    {
        get
        {
            if (_deadlineTimestamp == 0)
            {
                return null;
            }

            TimeSpan left = _timeProvider.GetElapsedTime(_timeProvider.GetTimestamp(), _deadlineTimestamp);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>What calls made meanwhile belong to; null where nothing waits for its turn.</summary>
    internal CallChain? Chain { get; init; }

    /// <summary>What calls made meanwhile belong to, also where nothing waits for its turn.</summary>
    internal CallChain GetOrCreateChain() => Chain ?? _createdChain ?? Interlocked.CompareExchange(ref _createdChain, new CallChain(), null) ?? _createdChain;

    /// <summary>The trailers, if any were asked for.</summary>
    internal TunnelHeaders? TrailersOrNull => _trailers;

    /// <summary>The clock's reading at which the call must have ended; 0 for none.</summary>
    internal long DeadlineTimestamp
    {
        set => _deadlineTimestamp = value;
    }

    /// <summary>A stub that calls whoever makes this call. It may be kept as long as the session lives.</summary>
    public TCallback GetCallback<TCallback>()
        where TCallback : class, ITunnelService<TCallback> => TCallback.TunnelDefinition.CreateStub(_invoker);
}
