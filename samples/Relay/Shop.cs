using System.Runtime.CompilerServices;

namespace Relay;

/// <summary>The application: it has no port, and claims the name "shop" at the relay.</summary>
internal static class Shop
{
    /// <summary>Starts the application. Its address is known when it has started.</summary>
    /// <param name="tunnel">The tunnel of the relay.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<WebApplication> StartAsync(Uri tunnel, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTunnelRpcServer("shop", server => server.Address = tunnel);

        WebApplication app = builder.Build();
        app.MapGet("/hello/{name}", (string name) => $"Hello, {name}.");
        app.MapPost("/orders", (Order order, HttpRequest request) => Results.Created($"{request.PathBase}/orders/1", order));
        app.MapGet("/prices", (CancellationToken stopped) => TypedResults.ServerSentEvents(PricesAsync(stopped)));
        app.MapPost("/count", async (HttpRequest request) =>
        {
            long length = 0;
            byte[] buffer = new byte[64 << 10];
            int count;
            while ((count = await request.Body.ReadAsync(buffer)) > 0)
            {
                length += count;
            }

            return length;
        });
        await app.StartAsync(cancellationToken);
        return app;
    }

    private static async IAsyncEnumerable<string> PricesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int price = 100; price < 103; price++)
        {
            yield return $"{price}";
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }
}

/// <summary>What a customer orders.</summary>
internal sealed record Order(string Item, int Count);
