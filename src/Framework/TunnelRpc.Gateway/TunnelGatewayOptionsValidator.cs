using Microsoft.Extensions.Options;

namespace TunnelRpc.Gateway;

/// <summary>Validates the options when the gateway is created.</summary>
internal sealed class TunnelGatewayOptionsValidator : IValidateOptions<TunnelGatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, TunnelGatewayOptions options) =>
        options.Validate() is { } error ? ValidateOptionsResult.Fail(error) : ValidateOptionsResult.Success;
}
