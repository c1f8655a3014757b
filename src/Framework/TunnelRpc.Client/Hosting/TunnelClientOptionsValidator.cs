using Microsoft.Extensions.Options;

namespace TunnelRpc.Client.Hosting;

/// <summary>Validates a client's options when the client is created, not at its first call.</summary>
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
            string client = string.IsNullOrEmpty(name) ? "" : $"Tunnel client \"{name}\": ";
            return ValidateOptionsResult.Fail(client + invalid.Message);
        }
    }
}
