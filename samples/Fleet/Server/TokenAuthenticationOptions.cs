using Microsoft.AspNetCore.Authentication;

namespace Fleet.Server;

/// <summary>The tokens, and whose each is.</summary>
internal sealed class TokenAuthenticationOptions : AuthenticationSchemeOptions
{
    public string AgentToken { get; set; } = "";

    public string OperatorToken { get; set; } = "";
}
