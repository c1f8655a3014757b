using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TunnelRpc.Server.Tests.Apps;

/// <summary>Authenticates by the header X-User: a name, and after a semicolon the roles, with commas between them.</summary>
internal sealed class UserHeaderAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "user-header";
    public const string Header = "X-User";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string? text = Request.Headers[Header];
        if (string.IsNullOrEmpty(text))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        string[] parts = text.Split(';');
        IEnumerable<Claim> roles = parts.Skip(1).SelectMany(r => r.Split(',')).Select(role => new Claim(ClaimTypes.Role, role));
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, parts[0]), .. roles], SchemeName);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName)));
    }
}
