using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Routing;

namespace TunnelRpc.Gateway;

/// <summary>A client that has opened a session of httpsock. Used by its handler.</summary>
public sealed class HttpSockConnection
{
    internal HttpSockConnection(
        Stream stream, ClaimsPrincipal user, IPEndPoint? remoteEndPoint, RouteValueDictionary routeValues, IServiceProvider services)
    {
        Stream = stream;
        User = user;
        RemoteEndPoint = remoteEndPoint;
        RouteValues = routeValues;
        Services = services;
    }

    /// <summary>
    /// The byte stream in both directions. One read and one write may be pending at a time. It has asynchronous methods only, and needs no
    /// flush. A read returns 0 when the client has ended the stream or deleted the session, after all its bytes. Reads and writes throw
    /// <see cref="IOException"/> when the session has expired, and writes also after the client has deleted it. Disposal ends the stream
    /// to the client, as the end of the handler does.
    /// </summary>
    public Stream Stream { get; }

    /// <summary>The user of the request that opened the session.</summary>
    public ClaimsPrincipal User { get; }

    /// <summary>The client's address when it opened the session; null if it is unknown.</summary>
    public IPEndPoint? RemoteEndPoint { get; }

    /// <summary>The values of the route of the request that opened the session.</summary>
    public RouteValueDictionary RouteValues { get; }

    /// <summary>Services in a scope of the session's own, which ends with the handler.</summary>
    public IServiceProvider Services { get; }
}
