using Microsoft.AspNetCore.Http.Metadata;

namespace TunnelRpc.Gateway.Routing;

/// <summary>
/// The metadata of an endpoint by which middlewares of ASP.NET Core leave the responses of origins alone: no pages for error statuses, no
/// redirection to a sign-in page. Immutable.
/// </summary>
internal sealed class GatewayEndpointMetadata : ISkipStatusCodePagesMetadata, IDisableCookieRedirectMetadata
{
    public static readonly GatewayEndpointMetadata Instance = new();
}
