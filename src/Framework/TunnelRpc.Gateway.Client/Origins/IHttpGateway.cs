namespace TunnelRpc.Gateway.Client.Origins;

// Decision: docs/adr/0091-gateway.md
/// <summary>The gateway's side of a tunnel: a client claims the names under which its origins are reached.</summary>
[TunnelService(Name = "TunnelRpc.HttpGateway", Callback = typeof(IHttpOrigin))]
internal partial interface IHttpGateway
{
    /// <summary>
    /// Claims a name for this session, until the session ends or the claim is released. Claiming a name again has no effect. Several
    /// sessions of one user may claim one name: requests are distributed among them.
    /// </summary>
    /// <param name="name">A DNS label (RFC 1035, 2.3.1) in lower case.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// The public address of the name. Relative to the root of the server's address (without a slash at its start) when the gateway has no
    /// configured one.
    /// </returns>
    /// <exception cref="TunnelException">
    /// InvalidArgument: not a name. PermissionDenied: the gateway's policy does not allow this user the name, or another user holds it.
    /// ResourceExhausted: a limit of the gateway.
    /// </exception>
    [Idempotent]
    Task<Uri> ClaimAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Releases a claim of this session. Running requests are completed. No effect when the session does not hold the name.
    /// </summary>
    /// <param name="name">The claimed name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    [Idempotent]
    Task ReleaseAsync(string name, CancellationToken cancellationToken = default);
}
