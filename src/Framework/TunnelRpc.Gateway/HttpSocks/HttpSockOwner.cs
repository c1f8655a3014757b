using TunnelRpc.Logging;

namespace TunnelRpc.Gateway.HttpSocks;

/// <summary>To whom a session belongs. Only requests of the same user to the same path belong to it.</summary>
/// <param name="UserId">The id of the user; null for an anonymous client.</param>
/// <param name="Path">The path of the endpoint, with the values of its route.</param>
/// <param name="RemoteAddress">The address of the client that has opened the session, for the limits only; null if it is unknown.</param>
internal sealed record HttpSockOwner(string? UserId, string Path, RemoteAddress? RemoteAddress)
{
    /// <summary>Whether a request may use the session. Its address may differ: a client may move to another network.</summary>
    public bool Owns(HttpSockOwner request) => UserId == request.UserId && Path == request.Path;
}
