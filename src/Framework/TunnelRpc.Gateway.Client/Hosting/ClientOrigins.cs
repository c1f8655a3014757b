using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TunnelRpc.Client;
using TunnelRpc.Gateway.Client.Claims;
using TunnelRpc.Gateway.Client.Forwarding;
using TunnelRpc.Gateway.Client.Origins;

namespace TunnelRpc.Gateway.Client.Hosting;

/// <summary>The origins of one client of an application. Changed while services are registered; read-only afterwards.</summary>
/// <param name="clientName">The name of the client; null for the unnamed one.</param>
internal sealed class ClientOrigins(string? clientName)
{
    private readonly List<(string Name, Uri Address, HttpOriginOptions Options, HttpOriginClaim Claim)> _origins = [];

    private readonly HttpOriginService _service = new();

    /// <summary>Returns the origins of the client that is built, which serves them from now on.</summary>
    public static ClientOrigins GetOrAdd(TunnelClientBuilder builder)
    {
        if (builder.Services.Where(service => !service.IsKeyedService).Select(service => service.ImplementationInstance)
            .OfType<ClientOrigins>().FirstOrDefault(origins => origins.IsOf(builder.Name)) is { } existing)
        {
            return existing;
        }

        var added = new ClientOrigins(builder.Name);
        builder.Services.AddSingleton(added);
        builder.AddCallback<IHttpOrigin>(added._service);
        builder.Services.AddSingleton<IHostedService>(added.CreateHostedService);
        return added;
    }

    /// <summary>Adds an origin.</summary>
    /// <exception cref="ArgumentException">The client has the name already.</exception>
    public void Add(IServiceCollection services, string name, Uri address, HttpOriginOptions options)
    {
        if (_origins.Any(origin => origin.Name == name))
        {
            throw new ArgumentException($"Expected another name for each origin of a client, got \"{name}\" twice.", nameof(name));
        }

        var claim = new HttpOriginClaim(name);
        _origins.Add((name, address, options, claim));
        services.AddSingleton(claim);
        services.AddKeyedSingleton(name, claim);
    }

    private bool IsOf(string? name) => clientName == name;

    private HttpOriginHostedService CreateHostedService(IServiceProvider services)
    {
        TunnelClient client = clientName is null
            ? services.GetRequiredService<TunnelClient>()
            : services.GetRequiredKeyedService<TunnelClient>(clientName);
        TimeProvider timeProvider = services.GetRequiredService<IOptionsMonitor<TunnelClientOptions>>()
            .Get(clientName ?? Options.DefaultName).TimeProvider;
        ILogger logger = (services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger("TunnelRpc.Gateway.Client");
        var forwarders = new List<OriginForwarder>();
        foreach ((string name, Uri address, HttpOriginOptions options, _) in _origins)
        {
            var forwarder = new OriginForwarder(name, address, options, timeProvider) { Logger = logger };
            _service.Set(name, forwarder);
            forwarders.Add(forwarder);
        }

        return new HttpOriginHostedService(
            new NameClaimer(client, [.. _origins.Select(origin => origin.Claim)], timeProvider, logger), forwarders);
    }
}
