using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace TunnelRpc.Cli.Serving;

/// <summary>The endpoints of "tunnelrpc serve" in addition to tunnels. Without state.</summary>
internal static class RelayEndpoints
{
    private const string Scheme = "Bearer ";

    /// <summary>Adds the services of the endpoints.</summary>
    public static void AddServices(WebApplicationBuilder builder, RelayOptions relay)
    {
        if (relay.Gateway is null)
        {
            return;
        }

        builder.Services.AddTunnelGateway(gateway =>
        {
            if (relay.Claims == ClaimRule.Any)
            {
                gateway.AllowAnyClaim();
            }
            else if (relay.Claims == ClaimRule.User)
            {
                gateway.AllowClaims((user, _) => user?.Identity?.IsAuthenticated == true);
            }
        });
    }

    /// <summary>Maps the endpoints. Call it before tunnels are mapped: users apply to these, too.</summary>
    public static void Map(WebApplication app, RelayOptions relay)
    {
        if (relay.Users is { } users)
        {
            // The authorization of a request through the gateway is for the program that answers it.
            PathString exempt = relay.Gateway ?? "/";
            app.UseWhen(
                context => relay.Gateway is null || !context.Request.Path.StartsWithSegments(exempt),
                branch => branch.Use((context, next) => AuthenticateAsync(context, next, users)));
        }

        if (relay.Gateway is { } gateway)
        {
            app.MapTunnelGateway(gateway + "/{name}");
            MapDialects(app, relay);
        }

        if (relay.HttpSock is { } httpSock)
        {
            app.MapHttpSock(httpSock, (connection, aborted) => connection.Stream.CopyToAsync(connection.Stream, aborted));
        }
    }

    /// <summary>Returns the lines that say where the endpoints are.</summary>
    /// <param name="relay">The options.</param>
    /// <param name="root">The URL of the server, without a slash at its end.</param>
    public static IEnumerable<string> Describe(RelayOptions relay, string root)
    {
        if (relay.Gateway is { } gateway)
        {
            yield return $"Gateway: {root}{gateway}/NAME/, names are claimed by {DescribeClaims(relay.Claims)}";
        }

        if (relay.ReverseHttp is { } reverseHttp)
        {
            yield return $"ReverseHttp: {root}{reverseHttp}";
            if (relay.RelayTo.Count > 0)
            {
                yield return $"Every client may send requests to {string.Join(", ", relay.RelayTo)}: {root}{reverseHttp}/_relay/HOST:PORT";
            }
        }

        if (relay.Comet is { } comet)
        {
            yield return $"Comet: {root}{comet}/NAME";
        }

        if (relay.Ptth is { } ptth)
        {
            yield return $"PTTH: {root}{ptth}/NAME";
        }

        if (relay.Raw is { } raw)
        {
            yield return $"Raw HTTP: {root}{raw}/NAME";
        }

        if (relay.HttpSock is { } httpSock)
        {
            yield return $"httpsock: {root}{httpSock} returns what it is sent";
        }
    }

    private static void MapDialects(WebApplication app, RelayOptions relay)
    {
        if (relay.ReverseHttp is { } reverseHttp)
        {
            MapReverseHttp(app, reverseHttp, relay.RelayTo);
        }

        if (relay.Comet is { } comet)
        {
            app.MapCometQueue(comet + "/{name}");
        }

        if (relay.Ptth is { } ptth)
        {
            app.MapReverseHttpClaims(ptth + "/{name}");
        }

        if (relay.Raw is { } raw)
        {
            app.MapRawHttpQueue(raw + "/{name}");
        }
    }

    /// <exception cref="UsageException">A target is none.</exception>
    private static void MapReverseHttp(WebApplication app, string path, IReadOnlyList<string> targets)
    {
        try
        {
            app.MapReverseHttpRelay(path, options =>
            {
                foreach (string target in targets)
                {
                    options.RelayTargets.Add(target);
                }
            });
        }
        catch (ArgumentException) when (targets.Count > 0)
        {
            // All other options have their defaults.
            throw new UsageException(
                $"Expected --relay-to to be HOST or HOST:PORT, for instance example.org:8080, got \"{string.Join("\", \"", targets)}\".");
        }
    }

    private static string DescribeClaims(ClaimRule claims) => claims switch
    {
        ClaimRule.Any => "every client (--claims any)",
        ClaimRule.User => "the users of --tokens (--claims user)",
        _ => "no client (--claims none)",
    };

    private static async Task AuthenticateAsync(HttpContext context, RequestDelegate next, TokenUsers users)
    {
        string header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            if (!users.TryFind(header[Scheme.Length..].Trim(), out ClaimsPrincipal? user))
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return;
            }

            context.User = user;
        }

        await next(context).ConfigureAwait(false);
    }
}
