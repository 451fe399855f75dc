"""What the app knows, observable, without a widget in sight: views subscribe, nothing here paints."""
