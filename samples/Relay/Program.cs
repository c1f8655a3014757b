using Relay;

// Runs the relay and the shop, asks the shop by its public address, and ends. The exit code is 0 if every answer was right.
using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stopping.Cancel();
};
return await Demo.RunAsync(Console.Out, stopping.Token) ? 0 : 1;
