using Microsoft.Extensions.Options;

namespace TunnelRpc.Client.Hosting;

/// <summary>Refuses options out of range as the client is made, not at the first call.</summary>
internal sealed class TunnelClientOptionsValidator : IValidateOptions<TunnelClientOptions>
{
    public ValidateOptionsResult Validate(string? name, TunnelClientOptions options)
    {
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException invalid)
        {
            return ValidateOptionsResult.Fail(invalid.Message);
        }
    }
}
