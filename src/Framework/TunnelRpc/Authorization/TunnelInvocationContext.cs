using System.Security.Claims;
using TunnelRpc.Calls;

namespace TunnelRpc.Authorization;

/// <summary>
/// A call that is to be authorized: the resource that an <c>AuthorizationHandler&lt;TRequirement, TunnelInvocationContext&gt;</c> gets.
/// Valid until the handler has returned. Not thread-safe.
/// </summary>
public sealed class TunnelInvocationContext
{
    private readonly IncomingCall _call;
    private readonly TunnelCallContext _context;

    internal TunnelInvocationContext(IncomingCall call, TunnelCallContext context, Type contract, Type implementation)
    {
        _call = call;
        _context = context;
        Contract = contract;
        Implementation = implementation;
    }

    /// <summary>The method that is called.</summary>
    public TunnelMethod Method => _context.Method;

    /// <summary>The contract of the method.</summary>
    public Type Contract { get; }

    /// <summary>The class of the implementation.</summary>
    public Type Implementation { get; }

    /// <summary>The session of the call.</summary>
    public TunnelSessionInfo Session => _call.Peer.SessionInfo;

    /// <summary>The transport that carries the session now.</summary>
    public string Transport => _context.Transport;

    /// <summary>The user of the session at the time of the call; null if the session is not authenticated.</summary>
    public ClaimsPrincipal? User => _context.User;

    /// <summary>The headers that the caller sent. Read-only; empty if it sent none.</summary>
    public TunnelHeaders Headers => _context.Headers;

    /// <summary>
    /// The arguments of the call, by index and by parameter name. They are decoded at the first access; a call whose arguments are not
    /// accessed is refused without the cost of decoding them. They cannot be changed.
    /// </summary>
    /// <exception cref="TunnelException">InvalidArgument: the arguments cannot be decoded. The call fails with it.</exception>
    public TunnelFilterArguments Arguments => _call.DecodeArgumentsForAuthorization();

    /// <summary>Cancelled when the call is cancelled, its deadline passes or its session ends.</summary>
    public CancellationToken CancellationToken => _context.CancellationToken;

    /// <summary>Returns the method's full name and the session id, for logs.</summary>
    public override string ToString() => $"{Method} in session {_context.SessionId}";
}
