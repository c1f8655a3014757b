using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;

namespace TunnelRpc;

/// <summary>
/// The call that is being served, as its implementation and the code that it calls see it. Outgoing calls that are made while it is
/// served inherit its deadline.
/// </summary>
/// <remarks>Valid while the call runs. Reading is thread-safe; changing <see cref="Trailers"/> is not.</remarks>
public sealed class TunnelCallContext
{
    private static readonly AsyncLocal<TunnelCallContext?> Ambient = new();

    private const int Detached = 1;
    private const int Ended = 2;

    // Changed atomically: 0 while the call runs, then Detached or Ended, or first Detached and then Ended.
    private int _state;

    // Timestamp of the owner's clock; 0 for no deadline. A filter that shortens the call's time replaces it.
    private long _deadlineTimestamp;
    private TunnelHeaders? _trailers;

    // Set once, by Interlocked; used only where Chain is null.
    private CallChain? _createdChain;

    internal TunnelCallContext(TunnelMethod method, string sessionId, string transport, ClaimsPrincipal? user, ICallOwner owner)
    {
        Method = method;
        SessionId = sessionId;
        Transport = transport;
        User = user;
        Owner = owner;
    }

    /// <summary>
    /// The call that the current asynchronous control flow (<see cref="AsyncLocal{T}"/>) serves; null outside of a served call.
    /// </summary>
    public static TunnelCallContext? Current
    {
        get => Ambient.Value;
        internal set => Ambient.Value = value;
    }

    /// <summary>The method that is called.</summary>
    public TunnelMethod Method { get; }

    /// <summary>The session's id, the same on both sides.</summary>
    public string SessionId { get; }

    /// <summary>
    /// The transport that carried the session when the call arrived, as this side sees it: a server sees "upgrade" where the client uses
    /// "connect".
    /// </summary>
    public string Transport { get; }

    /// <summary>The user that the session was authenticated as; null on a client, and if the session was not authenticated.</summary>
    public ClaimsPrincipal? User { get; }

    /// <summary>
    /// On a server, the certificate that the client presented in the end-to-end TLS handshake; null if it presented none. Owned by the
    /// session: do not dispose it.
    /// </summary>
    public X509Certificate2? ClientCertificate { get; internal init; }

    /// <summary>The headers that the caller sent with the arguments. Read-only; empty if it sent none.</summary>
    public TunnelHeaders Headers { get; internal init; } = TunnelHeaders.Empty;

    /// <summary>
    /// The trailers that are sent to the caller with the result or the failure. Their content is read when the call completes. A one-way
    /// call has no reply and ignores them.
    /// </summary>
    public TunnelHeaders Trailers => _trailers ??= [];

    /// <summary>The call's priority.</summary>
    public TunnelPriority Priority { get; internal init; }

    /// <summary>
    /// The token that the method receives: cancelled when the caller cancels the call, the deadline passes or the session ends.
    /// </summary>
    public CancellationToken CancellationToken { get; internal init; }

    /// <summary>The time until the call's deadline; null if the call has none, zero if it has passed.</summary>
    public TimeSpan? RemainingTime
    {
        get
        {
            if (_deadlineTimestamp == 0)
            {
                return null;
            }

            TimeProvider clock = Owner.TimeProvider;
            TimeSpan remaining = clock.GetElapsedTime(clock.GetTimestamp(), _deadlineTimestamp);
            return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
        }
    }

    /// <summary>The side that serves the call.</summary>
    internal ICallOwner Owner { get; }

    /// <summary>
    /// The chain that the call belongs to and that nested calls join; null if the method has no ordered dispatch and the caller sent no
    /// chain id.
    /// </summary>
    internal CallChain? Chain { get; init; }

    /// <summary>The calls of the chain that wait for this one; 0 for a call that is not nested.</summary>
    internal int ChainDepth { get; init; }

    /// <summary>The chain that nested calls join. Creates one if the call belongs to none. Thread-safe.</summary>
    internal CallChain GetOrCreateChain() =>
        Chain ?? _createdChain ?? Interlocked.CompareExchange(ref _createdChain, new CallChain(), null) ?? _createdChain;

    /// <summary>The trailers; null if <see cref="Trailers"/> was never read.</summary>
    internal TunnelHeaders? TrailersOrNull => _trailers;

    /// <summary>The deadline as a timestamp of the owner's clock; 0 for no deadline.</summary>
    internal long DeadlineTimestamp
    {
        set => _deadlineTimestamp = value;
    }

    /// <summary>Creates a stub that calls the caller of this call back. The stub remains valid until the session ends.</summary>
    /// <typeparam name="TCallback">The contract that the caller serves.</typeparam>
    public TCallback GetCallback<TCallback>()
        where TCallback : class, ITunnelService<TCallback> => TCallback.TunnelDefinition.CreateStub(Owner.Invoker);

    /// <summary>
    /// Detaches the call: from now on, the close of its session does not wait for it. True for the first call of this method while the call
    /// runs.
    /// </summary>
    internal bool TryDetach() => Interlocked.CompareExchange(ref _state, Detached, 0) == 0;

    /// <summary>The call has ended. Called once. Returns whether it was detached.</summary>
    internal bool OnCallEnded() => Interlocked.Exchange(ref _state, Ended) == Detached;
}
