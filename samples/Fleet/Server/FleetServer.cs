using Fleet.Contracts;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Fleet.Server;

/// <summary>The server: an ordinary ASP.NET Core application with one mapped tunnel, for agents and operators.</summary>
internal static class FleetServer
{
    public const string Path = "/fleet";

    /// <summary>Builds and starts it.</summary>
    public static async Task<WebApplication> StartAsync(
        FleetServerOptions options, Action<ILoggingBuilder>? logging, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Fleet", LogLevel.Information);
        logging?.Invoke(builder.Logging);
        builder.WebHost.UseUrls(options.Url.GetLeftPart(UriPartial.Authority));

        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = options.Tokens.Validation;
        });
        builder.Services.AddAuthorization();
        builder.Services.AddSingleton<AgentDirectory>();
        builder.Services.AddTunnelRpc()
            .AddService<IFleet, FleetService>()
            .AddService<IOperator, OperatorService>();

        WebApplication app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapTunnelRpc(Path).RequireAuthorization();
        await app.StartAsync(cancellationToken);
        return app;
    }
}
