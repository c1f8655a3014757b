using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TunnelRpc.Calls.Tests.InMemory;

// An application as its own developers write it: services, a pipeline, and a tunnel.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddSingleton<IGreeter, PoliteGreeter>();
builder.Services.AddTunnelRpc().AddService<IDesk, DeskService>(ServiceLifetime.Scoped);
WebApplication app = builder.Build();
app.Use(async (context, next) =>
{
    if (context.Request.Headers["X-Key"] == "wrong")
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return;
    }

    await next(context);
});
app.MapTunnelRpc("/tunnel");
app.MapGet("/", () => "This is the desk.");
app.Run();

/// <summary>The application's entry point, as tests name it.</summary>
public partial class Program;
