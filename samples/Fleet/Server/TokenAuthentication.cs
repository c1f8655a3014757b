using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Fleet.Server;

/// <summary>
/// ASP.NET Core authentication with one shared bearer token for each role. Every HTTP request of every transport is authenticated; its
/// principal becomes the session's user.
/// </summary>
internal sealed class TokenAuthentication(IOptionsMonitor<TokenAuthenticationOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<TokenAuthenticationOptions>(options, loggers, encoder)
{
    public const string SchemeName = "FleetToken";
    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string? header = Request.Headers.Authorization;
        if (header is null || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        string token = header[Prefix.Length..].Trim();
        string? role = Matches(token, Options.OperatorToken) ? FleetRoles.Operator : Matches(token, Options.AgentToken)
            ? FleetRoles.Agent
            : null;
        if (role is null)
        {
            return Task.FromResult(AuthenticateResult.Fail("The bearer token matches no role of this fleet."));
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Role, role)], SchemeName);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
    }

    /// <summary>Compares in constant time, so that response times reveal nothing about the token.</summary>
    private static bool Matches(string token, string expected) => expected.Length > 0
        && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(token)), SHA256.HashData(Encoding.UTF8.GetBytes(expected)));
}
