using Microsoft.AspNetCore.Authentication;

namespace Fleet.Server;

/// <summary>The tokens and their roles.</summary>
internal sealed class TokenAuthenticationOptions : AuthenticationSchemeOptions
{
    public string AgentToken { get; set; } = "";

    public string OperatorToken { get; set; } = "";
}
